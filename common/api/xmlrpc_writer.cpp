#include "common/api/xmlrpc.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "common/api/xml_guard.hpp"
#include "common/base/text.hpp"

namespace api::xmlrpc {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

void write_text(std::string& out, std::string_view text) {
    std::string valid;
    if (!base::is_utf8(text)) {
        valid = base::to_utf8(text);
        text = valid;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c < 0x20 && !is_xml_character(c)) out += replacement;
        else if (c == 0xEF && (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF")) {
            out += replacement;
            i += 2;
        } else out += text[i];
    }
}

void write_integer(std::string& out, std::int64_t number) {
    const std::string_view type = number >= INT32_MIN && number <= INT32_MAX ? "int" : "i8";
    out += base::concat("<", type, ">", number, "</", type, ">");
}

void write_double(std::string& out, double number) {
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    out += "<double>";
    out.append(digits, end);
    out += "</double>";
}

void write_value(std::string& out, const Value& value) {
    out += "<value>";
    switch (value.type()) {
        case Value::value_t::boolean: out += value.get<bool>() ? "<boolean>1</boolean>" : "<boolean>0</boolean>"; break;
        case Value::value_t::number_integer:
        case Value::value_t::number_unsigned: write_integer(out, value.get<std::int64_t>()); break;
        case Value::value_t::number_float: write_double(out, value.get<double>()); break;
        case Value::value_t::string:
            out += "<string>";
            write_text(out, value.get_ref<const std::string&>());
            out += "</string>";
            break;
        case Value::value_t::array:
            out += "<array><data>\n";
            for (const Value& element : value) write_value(out, element);
            out += "</data></array>";
            break;
        case Value::value_t::object:
            out += "<struct>\n";
            for (const auto& [name, member] : value.items()) {
                out += "<member>\n<name>";
                write_text(out, name);
                out += "</name>\n";
                write_value(out, member);
                out += "</member>\n";
            }
            out += "</struct>";
            break;
        case Value::value_t::null:
        case Value::value_t::binary:
        case Value::value_t::discarded: out += "<nil/>"; break;
    }
    out += "</value>\n";
}

}  // namespace

std::string write_result(const Value& result) {
    std::string out = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n";
    write_value(out, result);
    out += "</param>\n</params>\n</methodResponse>\n";
    return out;
}

std::string write_fault(const Refusal& refusal) {
    Value fault;
    fault["faultCode"] = code(refusal.fault);
    fault["faultString"] = refusal.text();
    std::string out = "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n";
    write_value(out, fault);
    out += "</fault>\n</methodResponse>\n";
    return out;
}

std::string write_call(std::string_view method, const Value& params) {
    std::string out = "<?xml version='1.0'?>\n<methodCall>\n<methodName>";
    write_text(out, method);
    out += "</methodName>\n<params>\n";
    for (const Value& param : params) {
        out += "<param>\n";
        write_value(out, param);
        out += "</param>\n";
    }
    out += "</params>\n</methodCall>\n";
    return out;
}

}  // namespace api::xmlrpc
