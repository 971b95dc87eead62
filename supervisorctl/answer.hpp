// What comes back from supervisord: an Answer (a value, or the fault with which the method was refused), or no answer
// at all, which is thrown as Trouble.  A command looks at the faults that it has words for; for all others it takes
// the value, which throws.  The one catch is in Session::run().
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "common/api/faults.hpp"
#include "common/base/text.hpp"

namespace supervisorctl {

struct Trouble : std::exception {
    enum class Kind { refused_connection, no_such_file, unauthorized, cut_off, other };  // cut off: the answer will not come

    Trouble(Kind what_kind, std::string what_happened) : kind(what_kind), text(std::move(what_happened)) {}
    [[nodiscard]] const char* what() const noexcept override { return text.c_str(); }

    Kind kind;
    std::string text;
};

struct Refused {
    api::Fault fault = api::Fault::failed;  // may be a number that is not in the table: other servers have more
    std::string text;                       // "BAD_NAME: web"
};

template <class T>
class [[nodiscard]] Answer {
public:
    Answer(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Answer(Refused refused) : content_(std::in_place_index<1>, std::move(refused)) {}

    [[nodiscard]] const Refused* refused() const { return std::get_if<1>(&content_); }
    [[nodiscard]] bool refused_for(api::Fault fault) const { return refused() && refused()->fault == fault; }

    /// Throws Trouble when there is none.
    [[nodiscard]] const T& value() const& {
        must_be_granted();
        return std::get<0>(content_);
    }
    [[nodiscard]] T value() && {
        must_be_granted();
        return std::get<0>(std::move(content_));
    }
    /// For methods whose value says nothing.
    void must_be_granted() const {
        if (const Refused* no = refused())
            throw Trouble(Trouble::Kind::other,
                          base::concat("<Fault ", api::code(no->fault), ": ", base::python_repr(no->text), ">"));
    }

private:
    std::variant<T, Refused> content_;
};

}  // namespace supervisorctl
