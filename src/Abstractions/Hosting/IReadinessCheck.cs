namespace Krewe.Abstractions.Hosting;

/// <summary>
/// One more condition for the readiness of a process, beside <see cref="IModelHost.GetReadinessAsync"/>. Any number may be registered.
/// </summary>
public interface IReadinessCheck
{
    /// <summary>Whether the condition holds now. What takes time to find out is found out beforehand.</summary>
    ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>Whether a host takes calls, and where it does not, why.</summary>
public readonly record struct HostReadiness(bool IsReady, string Reason)
{
    /// <summary>Ready.</summary>
    public static HostReadiness Ready { get; } = new(true, "");

    /// <summary>Not ready, for a reason.</summary>
    public static HostReadiness NotReady(string reason) => new(false, reason);
}
