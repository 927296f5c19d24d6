using System.Diagnostics;
using Krewe.KestrelTransport;

/// <summary>
/// The runtime runs this before the program's own start (<c>DOTNET_STARTUP_HOOKS</c>) and requires this name, without a namespace.
/// </summary>
internal static class StartupHook
{
    public static void Initialize() => DiagnosticListener.AllListeners.Subscribe(new HostObserver());
}
