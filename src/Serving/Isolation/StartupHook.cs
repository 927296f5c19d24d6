using System.Diagnostics;
using Krewe.Serving.Isolation;

#pragma warning disable IDE0130, CA1050 // .NET finds a startup hook by this name, outside namespaces.

/// <summary>
/// Makes any program that has this library a worker process in place of what its Main does: .NET calls this first if
/// <c>DOTNET_STARTUP_HOOKS</c> names this assembly. So a worker needs no program of its own beside somebody else's.
/// </summary>
internal static class StartupHook
{
    /// <summary>Called by .NET.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(WorkerProcess.Variable) is not null)
        {
            WorkerProgram.Run();

            // At once, whatever its model is doing.
            Process.GetCurrentProcess().Kill();
        }
    }
}
