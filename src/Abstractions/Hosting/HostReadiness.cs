namespace Krewe.Abstractions;

/// <summary>Whether a host takes calls, and where it does not, why.</summary>
public readonly record struct HostReadiness(bool IsReady, string Reason)
{
    /// <summary>Ready.</summary>
    public static HostReadiness Ready { get; } = new(true, "");

    /// <summary>Not ready, for a reason.</summary>
    public static HostReadiness NotReady(string reason) => new(false, reason);
}
