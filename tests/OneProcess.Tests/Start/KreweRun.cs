using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Start;

/// <summary>The program as people start it: one process by itself.</summary>
internal static class KreweRun
{
    private static readonly Dictionary<string, string?> Variables = new() { ["KREWE_ADMIN_PORT"] = "0" };

    public static ProgramProcess Start(params string[] arguments) => ProgramProcess.Start("Silo", arguments, Variables);

    /// <summary>Starts it and waits until it serves.</summary>
    public static async Task<ProgramProcess> ServeAsync(params string[] arguments)
    {
        var program = Start(arguments);
        await program.WaitUntilReadyAsync();
        return program;
    }

    /// <summary>The same without root's power to read and write what its mode forbids.</summary>
    public static ProgramProcess StartAsAnybody(params string[] arguments) => Environment.IsPrivilegedProcess
        ? ProgramProcess.Start("Silo", arguments, Variables, ["setpriv", "--bounding-set=-dac_override,-dac_read_search"])
        : Start(arguments);

    /// <summary>The same with mounts of its own, which these commands of a shell make first.</summary>
    public static ProgramProcess StartWithMounts(string commands, params string[] arguments) => ProgramProcess.Start(
        "Silo", arguments, Variables, ["unshare", "--map-root-user", "--mount", "bash", "-c", commands + " && exec \"$@\"", "bash"]);

    /// <summary>Runs it to its end.</summary>
    public static async Task<ProgramEnd> RunAsync(params string[] arguments)
    {
        await using var program = Start(arguments);
        return await program.EndAsync();
    }
}
