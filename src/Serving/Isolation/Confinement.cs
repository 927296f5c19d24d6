using System.Globalization;
using System.Runtime.InteropServices;

namespace Krewe.Serving.Isolation;

/// <summary>
/// Sandbox of a worker process. A seccomp filter refuses the system calls that no run needs; a Landlock domain (for root, dropped
/// capabilities) keeps it from reading the memory and environment of other processes. File permissions decide which files it can read.
/// </summary>
internal static unsafe partial class Confinement
{
    /// <summary>System calls that fail with EPERM: their names, and their numbers on x86-64 and on arm64.</summary>
    private const string Refused = """
        execve 59 221, execveat 322 281, fork 57 -, vfork 58 -, ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271,
        process_madvise 440 440, process_mrelease 448 448, kcmp 312 272, pidfd_open 434 434, pidfd_getfd 438 438,
        pidfd_send_signal 424 424, tkill 200 130, perf_event_open 298 241,
        socket 41 198, socketpair 53 199, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242,
        creat 85 -, unlink 87 -, unlinkat 263 35, rename 82 -, renameat 264 38, renameat2 316 276, link 86 -, linkat 265 37,
        symlink 88 -, symlinkat 266 36, mkdir 83 -, mkdirat 258 34, rmdir 84 -, mknod 133 -, mknodat 259 33, truncate 76 45,
        ftruncate 77 46, fallocate 285 47, chmod 90 -, fchmod 91 52, fchmodat 268 53, chown 92 -, fchown 93 55, lchown 94 -,
        fchownat 260 54, utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7,
        removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, memfd_create 319 279, memfd_secret 447 447,
        open_by_handle_at 304 265, copy_file_range 326 285, swapon 167 224, swapoff 168 225, quotactl 179 60, quotactl_fd 443 443,
        acct 163 89, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, setns 308 268, unshare 272 97, open_tree 428 428,
        move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
        sethostname 170 161, setdomainname 171 162, setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143,
        setgroups 116 159, setresuid 117 147, setresgid 119 149, setfsuid 122 151, setfsgid 123 152, capset 126 91, setrlimit 160 164,
        setpriority 141 140, ioprio_set 251 30, sched_setparam 142 118, sched_setattr 314 274,
        migrate_pages 256 238, move_pages 279 239, bpf 321 280, io_uring_setup 425 425, io_uring_enter 426 426,
        io_uring_register 427 427, userfaultfd 323 282, fanotify_init 300 262, keyctl 250 219, add_key 248 217, request_key 249 218,
        init_module 175 105, finit_module 313 273, delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294, reboot 169 142,
        syslog 103 116, iopl 172 -, ioperm 173 -, modify_ldt 154 -, clock_settime 227 112, settimeofday 164 170,
        clock_adjtime 305 266, adjtimex 159 171, vhangup 153 58, shmget 29 194, shmat 30 196, shmctl 31 195, semget 64 190,
        semop 65 193, semtimedop 220 192, semctl 66 191, msgget 68 186, msgsnd 69 189, msgrcv 70 188, msgctl 71 187, mq_open 240 180,
        mq_unlink 241 181
        """;

    // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and O_APPEND.
    private const uint Writing = 1 | 2 | 0x40 | 0x200 | 0x400;

    // CLONE_THREAD.
    private const uint NewThread = 0x10000;

    // TIOCSTI and TIOCLINUX inject input into a terminal. FIOSETOWN, SIOCSPGRP, F_SETOWN(_EX) and F_SETSIG request signals.
    private static readonly uint[] DeviceCommands = [0x5412, 0x541C, 0x8901, 0x8902];
    private static readonly uint[] FileCommands = [8, 10, 15];

    /// <summary>System calls from here on are hidden: those newer than Linux 6.5, and those of the x32 ABI.</summary>
    private const uint FirstUnknown = 451;

    /// <summary>
    /// Restricts a thread whose only job is to start a worker. The child keeps no root privilege except reading files, cannot gain new
    /// ones, and has its own Landlock domain, outside which it can trace nothing.
    /// </summary>
    public static void EnterDomain()
    {
        const int noNewPrivileges = 38, createRuleset = 444, restrictSelf = 446;

        // A Landlock domain has to handle at least one access right; making devices is one that no worker needs.
        ulong refused = (1 << 6) | (1 << 11);
        _ = Control(noNewPrivileges, 1, 0, 0, 0);
        var ruleset = (int)Call(createRuleset, (nint)(&refused), sizeof(ulong), 0);
        if (ruleset >= 0)
        {
            _ = Call(restrictSelf, ruleset, 0, 0);
            _ = Close(ruleset);
        }

        // Models may belong to another user: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH stay. The sets are effective, permitted, inheritable.
        const uint version = 0x20080522, kept = (1 << 1) | (1 << 2);
        var header = stackalloc uint[2] { version, 0 };
        var sets = stackalloc uint[6];
        if (GetCapabilities(header, sets) == 0)
        {
            new Span<uint>(sets + 2, 4).Clear();
            sets[0] &= kept;
            sets[1] &= kept;
            _ = SetCapabilities(header, sets);
        }
    }

    /// <summary>Confines all threads of this process for good; false where the system cannot do so.</summary>
    public static bool Apply()
    {
        var filter = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => WriteFilter(isX64: true),
            Architecture.Arm64 => WriteFilter(isX64: false),
            _ => [],
        };
        fixed (SystemCallFilter.Instruction* first = filter)
        {
            // For all threads, and without the slower memory accesses that older kernels force on a filtered process.
            const int setFilter = 1, allThreads = 1, speculation = 4;
            var header = new ProgramHeader { Length = (ushort)filter.Length, First = first };
            var seccomp = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 317 : 277;
            return filter.Length > 0 && Call(seccomp, setFilter, allThreads | speculation, (nint)(&header)) == 0;
        }
    }

    private static SystemCallFilter.Instruction[] WriteFilter(bool isX64)
    {
        var filter = new SystemCallFilter(isX64 ? 0xC000003E : 0xC00000B7);
        filter.HideFrom(FirstUnknown);
        foreach (var call in Refused.Split(','))
        {
            var words = call.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (uint.TryParse(words[isX64 ? 1 : 2], CultureInfo.InvariantCulture, out var number))
            {
                filter.Refuse(number);
            }
        }

        // Their arguments are in memory, which a filter cannot read; the C library falls back to older calls.
        filter.Hide(435); // clone3
        filter.Hide(437); // openat2
        filter.RefuseWithoutBits(isX64 ? 56 : 220u, 0, NewThread); // clone
        filter.RefuseBits(isX64 ? 257 : 56u, 2, Writing); // openat
        if (isX64)
        {
            filter.RefuseBits(2, 1, Writing); // open
        }

        // kill, tgkill, rt_sigqueueinfo and rt_tgsigqueueinfo, but of this process; it may change the policy of the calling thread alone.
        foreach (var signal in isX64 ? (uint[])[62, 234, 129, 297] : [129, 131, 138, 240])
        {
            filter.RefuseOthersThan(signal, 0, (uint)Environment.ProcessId);
        }

        filter.RefuseOthersThan(isX64 ? 144 : 119u, 0, 0); // sched_setscheduler
        filter.RefuseValues(isX64 ? 16 : 29u, 1, DeviceCommands); // ioctl
        filter.RefuseValues(isX64 ? 72 : 25u, 1, FileCommands); // fcntl
        filter.RefusePointer(isX64 ? 302 : 261u, 2); // prlimit64 with a new limit
        return filter.End();
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "capget")]
    private static partial int GetCapabilities(uint* header, uint* sets);

    [LibraryImport("libc", EntryPoint = "capset")]
    private static partial int SetCapabilities(uint* header, uint* sets);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    private struct ProgramHeader
    {
        public ushort Length;
        public SystemCallFilter.Instruction* First;
    }
}
