// echo_supervisord_conf: prints a configuration to begin with.  Ignores its arguments, as Supervisor's does.
#include <unistd.h>

#include "common/base/fd.hpp"
#include "common/config/sample.hpp"

int main() { return base::write_all(STDOUT_FILENO, config::sample_text()) ? 0 : 1; }
