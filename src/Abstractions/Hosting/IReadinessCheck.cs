namespace Krewe.Abstractions;

/// <summary>One more condition for the readiness of a process, beside <see cref="IModelHost.GetReadinessAsync"/>. Any number may be registered.</summary>
public interface IReadinessCheck
{
    /// <summary>Whether the condition holds now. What takes time to find out is found out beforehand.</summary>
    ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken);
}
