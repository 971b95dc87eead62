#include "common/api/xmlrpc.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "common/api/xml_guard.hpp"
#include "common/base/base64.hpp"
#include "common/base/text.hpp"

namespace api::xmlrpc {

namespace {

constexpr int deepest = 32;             // arrays and structures in each other
constexpr std::size_t most_members = 64;  // of one structure: each is compared with all before it
constexpr std::ptrdiff_t most_answer_tags = 8'000'000;  // of an answer: what 60,000 processes take

/// All text directly in an element; comments may have cut it in pieces.
std::string text_of(const pugi::xml_node& element) {
    std::string text;
    for (const pugi::xml_node& child : element.children())
        if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
    return text;
}

/// The one element that an XML document is; nothing when there is more than that, or text beside it.
pugi::xml_node root_of(const pugi::xml_document& document) {
    pugi::xml_node root;
    for (const pugi::xml_node& child : document.children()) {
        const bool is_element = child.type() == pugi::node_element;
        if (is_element ? static_cast<bool>(root) : !base::strip(child.value()).empty()) return {};
        if (is_element) root = child;
    }
    return root;
}

pugi::xml_node first_element(const pugi::xml_node& parent) {
    return parent.find_child([](const pugi::xml_node& child) { return child.type() == pugi::node_element; });
}

template <class Number>
std::optional<Value> number(std::string_view text) {
    text = base::strip(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return Value(out);
}

std::optional<Value> read_value(const pugi::xml_node& value, int depth);

std::optional<Value> read_array(const pugi::xml_node& array, int depth) {
    Value out = Value::array();
    for (const pugi::xml_node& element : array.child("data").children("value")) {
        std::optional<Value> one = read_value(element, depth);
        if (!one) return std::nullopt;
        out.push_back(*std::move(one));
    }
    return out;
}

std::optional<Value> read_structure(const pugi::xml_node& structure, int depth) {
    Value out = Value::object();
    for (const pugi::xml_node& member : structure.children("member")) {
        std::optional<Value> one = read_value(member.child("value"), depth);
        if (!one || out.size() == most_members) return std::nullopt;
        out[text_of(member.child("name"))] = *std::move(one);
    }
    return out;
}

/// The element in a value; unknown ones give their text.
std::optional<Value> read_typed(const pugi::xml_node& element, int depth) {
    const std::string_view type = element.name();
    if (type == "array") return read_array(element, depth);
    if (type == "struct") return read_structure(element, depth);
    if (type == "nil") return Value();
    std::string text = text_of(element);
    if (type == "int" || type == "i4" || type == "i8") return number<std::int64_t>(text);
    if (type == "double") return number<double>(text);
    if (type == "boolean") return Value(base::strip(text) == "1");
    if (type != "base64") return Value(std::move(text));

    std::optional<std::string> bytes = base::from_base64(text);
    if (!bytes || !base::is_utf8(*bytes)) return std::nullopt;
    return Value(*std::move(bytes));
}

std::optional<Value> read_value(const pugi::xml_node& value, int depth) {
    if (!value || depth > deepest) return std::nullopt;
    const pugi::xml_node element = first_element(value);
    if (!element) return Value(text_of(value));
    return read_typed(element, depth + 1);
}

bool load(pugi::xml_document& document, std::string_view text, unsigned more_flags) {
    constexpr unsigned flags = pugi::parse_escapes | pugi::parse_cdata | pugi::parse_ws_pcdata;
    return document.load_buffer(text.data(), text.size(), flags | more_flags, pugi::encoding_utf8);
}

Failure failure_of(const Value& fault) {
    if (!fault.is_object() || !fault.contains("faultCode") || !fault.contains("faultString")) return {};
    const Value& code = fault["faultCode"];
    const Value& text = fault["faultString"];
    if (!code.is_number_integer() || !text.is_string()) return {};
    return {code.get<int>(), text.get<std::string>()};
}

}  // namespace

std::optional<Call> read_call(std::string_view text) {
    if (!is_harmless_xml(text)) return std::nullopt;
    pugi::xml_document document;
    if (!load(document, text, pugi::parse_eol | pugi::parse_fragment)) return std::nullopt;

    const pugi::xml_node root = root_of(document);
    if (!root) return std::nullopt;
    Call call;
    if (std::string_view(root.name()) != "methodCall") return call;
    call.method = base::strip(text_of(root.child("methodName")));
    for (const pugi::xml_node& param : root.child("params").children()) {
        if (param.type() != pugi::node_element) continue;
        const bool is_bare = std::string_view(param.name()) == "value";  // some leave the <param> out
        std::optional<Value> value = read_value(is_bare ? param : param.child("value"), 0);
        if (!value) return std::nullopt;
        call.params.push_back(*std::move(value));
    }
    return call;
}

std::variant<Value, Failure> read_answer(std::string_view text) {
    // What Supervisor writes is not always XML: a log is sent as it is, with control characters and carriage returns.
    pugi::xml_document document;
    if (std::ranges::count(text, '<') > most_answer_tags || !load(document, text, 0)) return Failure{};
    const pugi::xml_node root = document.child("methodResponse");
    if (const pugi::xml_node fault = root.child("fault")) {
        const std::optional<Value> value = read_value(fault.child("value"), 0);
        return value ? failure_of(*value) : Failure{};
    }
    std::optional<Value> value = read_value(root.child("params").child("param").child("value"), 0);
    if (!value) return Failure{};
    return *std::move(value);
}

}  // namespace api::xmlrpc
