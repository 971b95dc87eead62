// A ledger: texts by name, in memory that outlives this process.  The keeper holds the descriptor and gives it to the
// next controller, which finds all that was committed and nothing that was not; a commit is one store.  What it keeps
// is the caller's to know; what must be read or written without a copy is not for it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"

namespace control {

class Ledger {
public:
    [[nodiscard]] static base::Result<Ledger> create();
    [[nodiscard]] static base::Result<Ledger> create(base::Fd file);  // what is in it is lost
    /// Of a controller before this one.  Refuses what is no ledger.
    [[nodiscard]] static base::Result<Ledger> adopt(base::Fd file);

    /// To hand to the keeper.
    [[nodiscard]] int fd() const { return file_.get(); }

    /// nullptr: there is none.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    [[nodiscard]] std::uint64_t number(std::string_view name) const;  // 0: there is none

    /// In order of their names, those that begin so.  Good until the next change.
    [[nodiscard]] std::vector<std::string_view> find_all(std::string_view beginning) const;

    // Changes count for those who come after with the next commit.
    void set(std::string_view name, std::string value);
    void set(std::string_view name, std::uint64_t number) { set(name, std::to_string(number)); }
    /// At the end of what is there: costs what is added, however much that is.
    void append(std::string_view name, std::string_view bytes);
    void erase(std::string_view name);
    /// All whose names begin with it.
    void erase_all(std::string_view beginning);
    /// Without memory nothing of it counts, until the next commit for which there is some.
    void commit();

private:
    struct Header;
    struct Unmap {
        void operator()(Header* header) const;
    };
    Ledger(base::Fd file, Header* header) : file_(std::move(file)), header_(header) {}
    [[nodiscard]] std::string& place(std::string_view name);
    [[nodiscard]] bool read();
    void write_anew();
    [[nodiscard]] bool write(int half, std::uint64_t at, std::string_view text) const;

    base::Fd file_;
    std::unique_ptr<Header, Unmap> header_;
    std::map<std::string, std::string, std::less<>> entries_;
    std::string changes_;          // not yet committed
    bool behind_ = false;          // some changes could not be
    std::uint64_t written_ = 0;    // bytes in the half that counts
    std::uint64_t entries_size_ = 0;
};

}  // namespace control
