using System.Diagnostics;
using Krewe.Serving.Isolation;

#pragma warning disable IDE0130, CA1050 // .NET finds a startup hook by this name, outside namespaces.

/// <summary>
/// Turns any program that has this library into a worker process: .NET runs this before Main if <c>DOTNET_STARTUP_HOOKS</c> names this
/// assembly. An application that hosts a silo needs no second executable.
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
