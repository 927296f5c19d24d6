using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A way from this process to one replica, with the calls of <see cref="IReplicaGrain"/>.</summary>
internal interface IReplicaChannel
{
    Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken);

    Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds);

    Task<ReplicaReply> LoadAsync();

    /// <summary>Whether the replica answers in time, whatever it says; false too when the token is cancelled.</summary>
    async Task<bool> AnswersAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await FindUnknownAsync([]).WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (Exception error) when (LostCall.Is(error) || error is KreweException)
        {
            return false;
        }
    }
}
