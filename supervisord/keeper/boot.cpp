#include "supervisord/keeper/boot.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"

namespace keeper {

namespace {

bool set_text(char* field, std::size_t size, std::string_view text) {
    if (text.size() >= size || text.find('\0') != std::string_view::npos) return false;
    std::memset(field, 0, size);
    std::memcpy(field, text.data(), text.size());
    return true;
}

}  // namespace

bool hold(Boot& boot, std::string_view name, int fd) {
    if (boot.held_count >= held_limit || name.empty()) return false;
    HeldDescriptor& entry = boot.held[boot.held_count];
    if (!set_text(entry.name, name_size, name)) return false;
    entry.fd = fd;
    ++boot.held_count;
    return true;
}

bool set_path(char (&field)[4096], std::string_view path) { return set_text(field, sizeof field, path); }

base::Result<base::Fd> write_boot(const Boot& boot, std::string_view text) {
    base::Fd fd = base::make_memory_file("supervisord-boot");
    const std::uint64_t size = text.size();
    if (!fd || !base::write_all(fd.get(), {reinterpret_cast<const char*>(&boot), sizeof boot}) ||
        !base::write_all(fd.get(), text) ||
        ::pwrite(fd.get(), &size, sizeof size, offsetof(Boot, text_size)) != sizeof size ||
        !base::seal_memory_file(fd.get()))
        return base::Error{base::concat("cannot write what the keeper starts with: ", base::errno_text(errno))};
    return fd;
}

base::Result<const Boot*> map_boot(int fd) {
    struct stat facts{};
    if (::fstat(fd, &facts) != 0 || facts.st_size < static_cast<off_t>(sizeof(Boot)))
        return base::Error{"cannot read what the keeper starts with: too short"};
    void* memory = ::mmap(nullptr, sizeof(Boot), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return base::Error{base::concat("cannot map what the keeper starts with: ", base::errno_text(errno))};
    const auto* boot = static_cast<const Boot*>(memory);
    if (boot->magic != Boot::right_magic || boot->version != Boot::right_version || boot->held_count > held_limit ||
        boot->text_size != static_cast<std::uint64_t>(facts.st_size) - sizeof(Boot))
        return base::Error{"cannot read what the keeper starts with: not written by this version"};
    return boot;
}

base::Result<std::string> read_boot_text(int fd) {
    const auto boot = map_boot(fd);
    if (!boot) return base::Error{boot.error()};
    std::string text((*boot)->text_size, '\0');
    if (::pread(fd, text.data(), text.size(), sizeof(Boot)) != static_cast<ssize_t>(text.size()))
        return base::Error{base::concat("cannot read what the launcher wrote: ", base::errno_text(errno))};
    return text;
}

}  // namespace keeper
