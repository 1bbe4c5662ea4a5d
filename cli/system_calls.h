// What a process gives up before it runs code that nobody has looked at.
#pragma once

namespace cli {

// Closes all files from this descriptor on.
void close_from(int first);

// From here on the process ends when the thread does that began it, however that ends. Does nothing
// where the system cannot do that.
void end_with_parent();

// From here on only reading, writing, memory and the end are left; any other system call ends the
// process. Does nothing where the system, or the machine, is another than those it knows.
void forbid_system_calls();

}  // namespace cli
