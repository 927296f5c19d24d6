namespace Krewe.Abstractions.Hosting;

/// <summary>
/// An additional readiness condition of the process, beside <see cref="IModelHost.GetReadinessAsync"/>. Any number can be registered.
/// </summary>
public interface IReadinessCheck
{
    /// <summary>Whether the condition holds now. Must be quick: expensive checks run beforehand.</summary>
    ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>Whether a host accepts calls, and if not, why.</summary>
public readonly record struct HostReadiness(bool IsReady, string Reason)
{
    /// <summary>Ready.</summary>
    public static HostReadiness Ready { get; } = new(true, "");

    /// <summary>Not ready, with the reason.</summary>
    public static HostReadiness NotReady(string reason) => new(false, reason);
}
