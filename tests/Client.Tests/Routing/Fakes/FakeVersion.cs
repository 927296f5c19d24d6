using Krewe.Abstractions.Hosting;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Client.Tests.Routing.Fakes;

/// <summary>The control of a version, without a cluster.</summary>
internal sealed class FakeVersion : IModelVersionGrain
{
    public int Cleared { get; private set; }

    public Task<LoadVerdict> BeginLoadAsync(LoadIntent intent) => throw new NotSupportedException();

    public Task EndLoadAsync(LoadIntent intent) => throw new NotSupportedException();

    public Task<ReplicaPlan> ReportAsync(ReplicaReport report) => throw new NotSupportedException();

    public Task<ReplicaPlan> SeeToMinimumAsync(ReplicaRange range) => throw new NotSupportedException();

    public Task ClearQuarantineAsync()
    {
        Cleared++;
        return Task.CompletedTask;
    }
}
