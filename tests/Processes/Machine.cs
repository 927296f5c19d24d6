using System.Net;

namespace Krewe.Processes;

/// <summary>Where a program runs, when that is not simply this machine: its address, and the command that starts programs there.</summary>
public sealed record Machine(IPAddress Address, IReadOnlyList<string> Launcher);
