// Text from anywhere: UTF-8, what Python writes, base64, numbers, signals.
#include "common/base/base64.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "common/config/environment.hpp"
#include "common/config/server_url.hpp"
#include "supervisord/web/form.hpp"
#include "supervisord/web/message.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::view(data, size);
    const std::string valid = base::to_utf8(text);
    must(base::is_utf8(valid), "what was made valid is valid");
    must(!base::is_utf8(text) || valid == text, "what is valid stays as it is");
    must(base::utf8_length(text) <= text.size(), "there are no more characters than bytes");
    for (const auto& repr : {base::python_repr(text), base::python_bytes_repr(text)}) {
        must(base::is_utf8(repr), "a repr is UTF-8");
        for (const char c : repr) must(static_cast<unsigned char>(c) >= ' ' && c != 0x7f, "a repr has no control characters");
    }
    must(base::from_base64(base::base64(text)) == text, "base64 comes back");
    if (const auto number = base::parse_int(text)) {
        must(base::is_int(text), "a number is one");
        must(base::parse_int(base::concat(*number)).value() == *number, "a number comes back");
    }
    if (const auto signal = base::parse_signal(text)) must(*signal >= 0 && *signal <= 64, "a signal is one");
    if (const auto pairs = config::parse_pairs(text)) {
        const auto again = config::parse_pairs(config::write_pairs(pairs->environment));
        must(again && again->environment == pairs->environment && again->dropped.empty(), "an environment comes back");
    }
    if (const auto url = config::parse_server_url(text)) must(url->is_unix() != !url->host.empty(), "a URL is of one kind");
    must(web::percent_decoded(web::percent_encoded(text)) == text, "percents come back");
    const web::Form form(text, text);
    must(base::is_utf8(form.get("action")), "a parameter is UTF-8");
    (void)base::distance(text.substr(0, 40), "stdout_logfile");
    return 0;
}
