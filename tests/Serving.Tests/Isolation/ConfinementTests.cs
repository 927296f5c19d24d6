using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Krewe.Serving.Isolation;

namespace Krewe.Serving.Tests.Isolation;

/// <summary>What a confined process can still do. It is a process of its own: these tests, started again for the explicit test.</summary>
public sealed partial class ConfinementTests
{
    private const string Parent = "KREWE_TEST_PARENT", Scratch = "KREWE_TEST_SCRATCH";
    private const int NotPermitted = 1;
    private const int Unknown = 38;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_confined_process_works_and_has_lost_its_rights()
    {
        var scratch = Directory.CreateTempSubdirectory("krewe-confined-").FullName;

        // As a worker is started.
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true, ArgumentList = { Assembly.GetExecutingAssembly().Location, "-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(ConfinementTests).FullName}.{nameof(Within)}" },
            Environment = { [Parent] = $"{Environment.ProcessId}", [Scratch] = scratch, ["DOTNET_EnableDiagnostics"] = "0" },
        };
        using var process = await Task.Factory.StartNew(
            () =>
            {
                Confinement.EnterDomain();
                return Process.Start(start)!;
            },
            Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Directory.Delete(scratch, recursive: true);

        Assert.True(process.ExitCode == 0 && output.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0", StringComparison.Ordinal), output);
    }

    [Fact(Explicit = true)]
    public void Within()
    {
        var isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        var parent = int.Parse(Environment.GetEnvironmentVariable(Parent)!, CultureInfo.InvariantCulture);
        var file = Path.Combine(Environment.GetEnvironmentVariable(Scratch)!, "file");
        File.WriteAllText(file, "");
        var hasDomains = Environment.IsPrivilegedProcess || ErrorOf(444, 0, 0, 1) == 0;
        var idle = new ManualResetEventSlim();
        var earlier = new int[1];
        var thread = new Thread(() =>
        {
            idle.Wait();
            earlier[0] = ErrorOf(isX64 ? 41 : 198, 1, 1, 0);
        });
        thread.Start();

        Assert.True(Confinement.Apply());

        // Processes.
        Assert.ThrowsAny<Exception>(() => Process.Start("true"));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 59 : 221, 0, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 56 : 220, 17, 0, 0));
        Assert.Equal(Unknown, ErrorOf(435, 0, 0, 0));

        // Other processes: signals, by this name and that, and their memory.
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 62 : 129, parent, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 62 : 129, -1, 0, 0));
        Assert.Equal(0, ErrorOf(isX64 ? 62 : 129, Environment.ProcessId, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 234 : 131, parent, parent, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 101 : 117, 16, parent, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 72 : 25, 1, 8, parent));
        if (hasDomains)
        {
            Assert.ThrowsAny<Exception>(() => File.ReadAllBytes($"/proc/{parent}/environ"));
            Assert.ThrowsAny<Exception>(() => File.OpenRead($"/proc/{parent}/mem").Dispose());
        }

        // The network, on threads that were there before as well.
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 41 : 198, 2, 1, 0));
        idle.Set();
        thread.Join();
        Assert.Equal(NotPermitted, earlier[0]);

        // Files are read, and not changed.
        Assert.Empty(File.ReadAllBytes(file));
        Assert.Throws<UnauthorizedAccessException>(() => File.WriteAllText(file, "x"));
        Assert.Throws<UnauthorizedAccessException>(() => File.AppendAllText(file, "x"));
        Assert.ThrowsAny<Exception>(() => File.WriteAllText(file + ".new", "x"));
        Assert.ThrowsAny<Exception>(() => File.Delete(file));
        Assert.ThrowsAny<Exception>(() => File.Move(file, file + ".moved"));
        Assert.ThrowsAny<Exception>(() => Directory.CreateDirectory(file + ".folder"));
        Assert.ThrowsAny<Exception>(() => File.CreateSymbolicLink(file + ".link", file));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 91 : 52, 0, 0, 0));
        Assert.Equal(Unknown, ErrorOf(437, -100, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 77 : 46, 0, 0, 0));

        // The machine, and limits.
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 105 : 146, 0, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 272 : 97, 0, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 161 : 51, 0, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 321 : 280, 0, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(425, 0, 0, 0));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 302 : 261, 0, 7, unchecked((nint)0x1_0000_0000L)));
        Assert.Equal(NotPermitted, ErrorOf(isX64 ? 16 : 29, 0, 0x5412, 0));

        // Calls that the filter does not know, and those of 32 bits in a process of 64.
        Assert.Equal(Unknown, ErrorOf(1000, 0, 0, 0));
        Assert.Equal(Unknown, ErrorOf(0x40000000 + 41, 2, 1, 0));

        // The runtime goes on: threads, collections, timers, exceptions.
        var sums = Enumerable.Range(0, 8).AsParallel().Select(static i => Enumerable.Range(0, 100_000).Select(x => $"{x + i}".Length).Sum()).ToArray();
        Assert.Equal(8, sums.Length);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var started = new Thread(static () => GC.KeepAlive(new byte[1000]));
        started.Start();
        started.Join();
    }

    /// <summary>The error of a system call; 0 if it succeeds.</summary>
    private static int ErrorOf(nint number, nint first, nint second, nint third) =>
        Call(number, first, second, third) == -1 ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Call(nint number, nint first, nint second, nint third);
}
