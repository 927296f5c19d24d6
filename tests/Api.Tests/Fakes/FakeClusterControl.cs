using System.Collections.Concurrent;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Models;

namespace Krewe.Api.Tests.Fakes;

/// <summary>A cluster that looks as a test says.</summary>
internal sealed class FakeClusterControl : IClusterControl
{
    public ClusterStatus Status { get; set; } = new([], []);

    /// <summary>Thrown by both calls where set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What was cleared, in order.</summary>
    public ConcurrentQueue<string> Cleared { get; } = new();

    public ValueTask<ClusterStatus> GetClusterAsync(CancellationToken cancellationToken) => Failure is null ? new(Status) : throw Failure;

    public ValueTask ClearQuarantineAsync(ModelReference model, CancellationToken cancellationToken)
    {
        Cleared.Enqueue($"{model}");
        return Failure is null ? default : throw Failure;
    }
}
