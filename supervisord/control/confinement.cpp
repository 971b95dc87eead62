#include "supervisord/control/confinement.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"

extern char** environ;

namespace control {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;  // its numbers are not known to be those of the calls
#endif

#if defined(__has_feature)
constexpr bool is_sanitized = __has_feature(address_sanitizer);
#elif defined(__SANITIZE_ADDRESS__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

constexpr std::size_t stack_size = 128 * 1024;
constexpr std::uint32_t first_foreign_number = 0x4000'0000;  // x32

constexpr std::uint32_t denied[] = {
    // programs, and other processes
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_kcmp,
    // the file system as others see it
    SYS_mount, SYS_umount2, SYS_mount_setattr, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsmount, SYS_fsconfig, SYS_fspick,
    SYS_pivot_root, SYS_chroot, SYS_open_by_handle_at, SYS_setns, SYS_unshare, SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_acct,
    // the kernel
    SYS_bpf, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot, SYS_syslog,
    SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_personality, SYS_add_key, SYS_request_key, SYS_keyctl,
    SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_setdomainname,
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};

std::vector<sock_filter> filter() {
    constexpr sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    std::vector<sock_filter> out{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
        refuse,
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_foreign_number, 0, 1),
        refuse,
    };
    for (const auto number : denied) {
        if (is_sanitized && number == SYS_ptrace) continue;  // by which a sanitizer looks for leaks
        out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
        out.push_back(refuse);
    }
    out.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return out;
}

/// An errno.
int confine() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    if (architecture == 0) return ENOSYS;
    auto instructions = filter();
    const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
    // Without that flag kernels before 5.16 slow everything down, against an attack that is no concern here.
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0) return 0;
    if (errno != EINVAL) return errno;
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

}  // namespace

Confinement::Confinement() {
    // Without the thread nobody could take the place of a keeper: then rather that than this.
    int error = begin_thread();
    if (error == 0) error = confine();
    if (error != 0) problem_ = base::concat("the controller keeps rights that it does not need: ", base::errno_text(error));
}

Confinement::~Confinement() {
    if (!has_thread_) return;
    ::sem_post(&called_);
    ::pthread_join(thread_, nullptr);
    ::sem_destroy(&called_);
}

int Confinement::begin_thread() {
    ::sem_init(&called_, 0, 0);
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, stack_size);
    const base::NoSignals here;
    const int error = ::pthread_create(&thread_, &attributes, wait_for_the_day, this);
    ::pthread_attr_destroy(&attributes);
    has_thread_ = error == 0;
    return error;
}

void* Confinement::wait_for_the_day(void* self) {
    auto& it = *static_cast<Confinement*>(self);
    while (::sem_wait(&it.called_) != 0) {}
    if (!it.program_) return nullptr;
    ::execve(it.program_, it.arguments_, environ);
    it.error_ = errno;
    return nullptr;
}

int Confinement::execute(const char* program, char* const* arguments) {
    if (!has_thread_) {
        ::execve(program, arguments, environ);
        return errno;
    }
    program_ = program;
    arguments_ = arguments;
    ::sem_post(&called_);
    ::pthread_join(thread_, nullptr);  // only when it could not
    has_thread_ = false;
    return error_;
}

}  // namespace control
