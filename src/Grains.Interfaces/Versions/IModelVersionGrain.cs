using Krewe.Abstractions.Hosting;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Versions;

/// <summary>
/// The control plane of one version, not on the request path; its key is <c>model/version</c>. It decides the replica count, and durably
/// records which silo is loading the version, so that a version that crashes processes is detected.
/// </summary>
[Alias("krewe.version")]
public interface IModelVersionGrain : IGrainWithStringKey
{
    /// <summary>Asks to load; returns once the intent is durably recorded.</summary>
    [AlwaysInterleave, Alias("begin-load")]
    Task<LoadVerdict> BeginLoadAsync(LoadIntent intent);

    /// <summary>Records that a load ended, successfully or not; the process is alive.</summary>
    [Alias("end-load")]
    Task EndLoadAsync(LoadIntent intent);

    /// <summary>Reports the load of one replica; returns the target replica count. Sent while requests wait.</summary>
    [AlwaysInterleave, Alias("report")]
    Task<ReplicaPlan> ReportAsync(ReplicaReport report);

    /// <summary>Ensures that the minimum replicas are counted and loaded.</summary>
    [AlwaysInterleave, Alias("see-to-minimum")]
    Task<ReplicaPlan> SeeToMinimumAsync(ReplicaRange range);

    /// <summary>Clears the crash record for an operator, and allows the version to be loaded again.</summary>
    [Alias("clear-quarantine")]
    Task ClearQuarantineAsync();
}
