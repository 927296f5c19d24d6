using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Versions;

/// <summary>
/// The control plane of one version, off the path of requests; its key is <c>model/version</c>. It decides how many replicas there
/// are, and remembers durably which silo is loading the version, so that a version that takes processes down is found out.
/// </summary>
[Alias("krewe.version")]
public interface IModelVersionGrain : IGrainWithStringKey
{
    /// <summary>A silo is about to load; the answer comes once that is recorded durably.</summary>
    [AlwaysInterleave, Alias("begin-load")]
    Task<LoadVerdict> BeginLoadAsync(LoadIntent intent);

    /// <summary>That load ended, well or not; the process lives.</summary>
    [Alias("end-load")]
    Task EndLoadAsync(LoadIntent intent);

    /// <summary>How busy one replica is; the answer says how many there are to be. Sent while there is something to say.</summary>
    [AlwaysInterleave, Alias("report")]
    Task<ReplicaPlan> ReportAsync(ReplicaReport report);

    /// <summary>Sees to it that the replicas the settings want at least are there and loaded.</summary>
    [AlwaysInterleave, Alias("see-to-minimum")]
    Task<ReplicaPlan> SeeToMinimumAsync(ReplicaRange range);

    /// <summary>An operator has looked at it: deaths are forgotten, and the version may be loaded again.</summary>
    [Alias("clear-quarantine")]
    Task ClearQuarantineAsync();
}
