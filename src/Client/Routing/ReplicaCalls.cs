using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Client.Counters;
using Krewe.Client.Endpoints;
using Krewe.Client.Retrying;
using Krewe.Client.Settings;
using Krewe.Client.Watching;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Routing;

/// <summary>
/// Runs an inference on a version's replicas, with retries after lost or refused calls. Every attempt holds a lease on the request's inputs
/// for as long as it may read them.
/// </summary>
internal sealed partial class ReplicaCalls(
    ReplicaProbe probe, RetryBudget budget, CallWatch? watch, RoutingCounters counters, ClusterCallOptions options, MessageLimit messages,
    TimeProvider time, Microsoft.Extensions.Logging.ILogger<ReplicaCalls> logger)
{
    // A request that itself crashes silos must not take down more; two crashes in a row may be coincidence.
    private const int MostLosses = 3;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The timeout for placing a replica.</summary>
    private static readonly TimeSpan PlacePatience = TimeSpan.FromSeconds(10);

    private readonly long maxMessageBytes = messages.Apply(nameof(options.MaxMessageBytes), options.MaxMessageBytes);

    /// <summary>The result. Throws <see cref="OperationCanceledException"/> at once when the deadline's token is cancelled.</summary>
    /// <param name="traffic">The version.</param>
    /// <param name="minimum">The version's configured minimum of replicas.</param>
    /// <param name="request">The caller's request.</param>
    /// <param name="bytes">Its maximum size in a message, in bytes.</param>
    /// <param name="deadline">The caller's deadline.</param>
    /// <param name="mostAttempts">The maximum number of attempts.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CallResult> CallAsync(
        VersionTraffic traffic, int minimum, InferenceRequest request, long bytes, CallDeadline deadline, int mostAttempts)
    {
        budget.AddCall();
        RetryState? retry = null;
        for (;;)
        {
            var line = PowerOfTwoChoices.Pick(traffic.Lines(minimum), retry?.Avoid, Random.Shared)
                ?? await WaitForLineAsync(traffic, minimum, retry ??= new RetryState(), deadline.Token);
            if (line is null)
            {
                return CallResult.Failed(Lost(traffic.Id));
            }

            var reply = BeginHere(line) is { } here
                ? EndHere(line, here, await here.InferAsync(request, deadline.Token), deadline)
                : await SendAsync(line, request, bytes, deadline);
            if (reply is { Response: { } response })
            {
                return CallResult.Of(response);
            }

            retry ??= new RetryState();
            retry.Failed(line, reply?.Fault, time);
            if (retry.Losses >= MostLosses)
            {
                return CallResult.Failed(KreweException.Unavailable(
                    $"a request for model '{traffic.Id}' was under way {MostLosses} times when the silo that served it was lost; it is not "
                        + "made again", RetryAfter));
            }

            if (!IsWorthAnother(retry, traffic, minimum) || retry.Attempts >= mostAttempts)
            {
                return Failed(traffic.Id, reply?.Fault, deadline);
            }

            if (!budget.TryTake())
            {
                counters.AddBudgetRefusal();
                return CallResult.Failed(KreweException.Unavailable(
                    $"too many requests had to be made again; the one for model '{traffic.Id}' was not", RetryAfter));
            }

            counters.AddRetry();
            await PauseAsync(traffic, minimum, retry, deadline.Token);
        }
    }

    /// <summary>The same for a shadow copy or a control call: one attempt, on a replica that is not lost.</summary>
    public async ValueTask<CallResult> CallOnceAsync(
        VersionTraffic traffic, int minimum, InferenceRequest request, long bytes, CallDeadline deadline)
    {
        if (PowerOfTwoChoices.Pick(traffic.Lines(minimum), null, Random.Shared) is not { } line)
        {
            return CallResult.Failed(Lost(traffic.Id));
        }

        var reply = BeginHere(line) is { } here
            ? EndHere(line, here, await here.InferAsync(request, deadline.Token), deadline)
            : await SendAsync(line, request, bytes, deadline);
        return reply is { Response: { } response } ? CallResult.Of(response) : Failed(traffic.Id, reply?.Fault, deadline);
    }

    /// <summary>
    /// Begins a call on the replica if it is in this process: no message, no copy, and no connection that could lose the call.
    /// </summary>
    private ILocalReplica? BeginHere(ReplicaEndpoint line)
    {
        if (line.TryBeginHere() is not { } here)
        {
            return null;
        }

        counters.AddAttempt();
        line.Enter();
        return here;
    }

    /// <summary>Ends a local call. It is not an async method, because tiny models would feel its cost.</summary>
    private static ReplicaReply EndHere(ReplicaEndpoint line, ILocalReplica here, ReplicaReply reply, CallDeadline deadline)
    {
        line.Leave();
        line.Traffic.Heard(line, reply, here.LastUsed);
        if (reply.Response is null)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }

        return reply;
    }

    /// <summary>The reply of a remote replica; null if the call was lost, which is then recorded.</summary>
    private ValueTask<ReplicaReply?> SendAsync(ReplicaEndpoint line, InferenceRequest request, long bytes, CallDeadline deadline) =>
        bytes <= maxMessageBytes ? SendAsync(line, request, deadline) : PlaceAsync(line, request, bytes, deadline);

    /// <summary>
    /// Handles a request that is too large for a message: places the replica first, because a replica in this process can take it.
    /// </summary>
    private async ValueTask<ReplicaReply?> PlaceAsync(ReplicaEndpoint line, InferenceRequest request, long bytes, CallDeadline deadline)
    {
        var isPlaced = !line.MayBeHere || await line.Direct.AnswersAsync(PlacePatience, time, deadline.Token);
        if (BeginHere(line) is { } here)
        {
            return EndHere(line, here, await here.InferAsync(request, deadline.Token), deadline);
        }

        deadline.Token.ThrowIfCancellationRequested();
        return Refused(isPlaced
            ? KreweException.PayloadTooLarge($"the request has {bytes} bytes as it travels to a silo, expected at most {maxMessageBytes}")
            : Lost(line.Id.Model));
    }

    /// <summary>Sends the call to the replica's silo, or to where it is placed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReplicaReply?> SendAsync(ReplicaEndpoint line, InferenceRequest request, CallDeadline deadline)
    {
        var version = request.Beside is null ? VersionSelector.Of(line.Id.Model.Version) : request.Model.Version;
        var forwarded = request.Forward(new ModelReference(line.Id.Model.Name, version), deadline.Left)
            ?? throw new ObjectDisposedException(nameof(InferenceRequest));
        counters.AddAttempt();
        line.Enter();
        using var watched = watch?.Begin(line, deadline.Token);
        var channel = watched?.Channel ?? line.Channel;
        if (channel != line.Direct)
        {
            counters.AddRelayed();
        }

        try
        {
            var reply = await channel.InferAsync(forwarded, watched?.Id ?? 0, watched?.Token ?? deadline.Token);
            channel.AnsweredAt = time.GetTimestamp();
            line.Traffic.Heard(line, reply, channel.AnsweredAt);
            return reply;
        }
        catch (Exception error)
        {
            deadline.Token.ThrowIfCancellationRequested();
            if (error is ReplyLostException)
            {
                return null;
            }

            if (error is KreweException refusal)
            {
                // The replica cannot be placed: a silo that is starting or stopping may take it soon.
                return Refused(refusal, tryElsewhere: refusal.Code == KreweErrorCode.Unavailable);
            }

            if (!LostCall.Is(error))
            {
                LogUnexpected(error, line.Id);
                throw new KreweException(KreweErrorCode.Internal, $"model '{line.Id.Model}' failed unexpectedly", error);
            }

            probe.Lost(line, watched is { IsAbandoned: true } ? "a call under way there is lost" : error.GetType().Name);
            return null;
        }
        finally
        {
            // An abandoned call may still be queued for sending: its inputs are left to the garbage collector.
            if (!deadline.Token.IsCancellationRequested && watched is not { IsAbandoned: true })
            {
                forwarded.Dispose();
            }

            line.Leave();
        }
    }

    /// <summary>A refusal in the form of a reply.</summary>
    private static ReplicaReply Refused(KreweException error, bool tryElsewhere = false) =>
        new() { Fault = ReplicaFault.Of(error, tryElsewhere), Silo = "", Replicas = 0 };

    /// <summary>Whether the call may be retried, on any replica.</summary>
    private static bool IsWorthAnother(RetryState retry, VersionTraffic traffic, int minimum) => retry.Last switch
    {
        null => true,
        { TryElsewhere: true } => true,
        { Code: KreweErrorCode.Overloaded } => retry.Refusals == 1 && traffic.CountReplicas(minimum) > 1,
        _ => false,
    };

    private static CallResult Failed(ModelId id, ReplicaFault? fault, CallDeadline deadline) => fault switch
    {
        null => CallResult.Failed(Lost(id)),
        { Code: KreweErrorCode.DeadlineExceeded } => CallResult.Failed(deadline.TooLate(id.ToString())),
        _ => CallResult.Failed(
            fault.ToException(), fault.Code is KreweErrorCode.Unavailable or KreweErrorCode.VersionNotFound or KreweErrorCode.ModelNotFound,
            fault.IsStale),
    };

    private static KreweException Lost(ModelId id) => KreweException.Unavailable(
        $"the silo that served model '{id}' was lost, and no other has taken over yet", RetryAfter);

    /// <summary>Waits until a replica answers again; null after a timeout.</summary>
    private async ValueTask<ReplicaEndpoint?> WaitForLineAsync(
        VersionTraffic traffic, int minimum, RetryState retry, CancellationToken cancellationToken)
    {
        retry.Waits(time);
        for (;;)
        {
            var changed = traffic.WhenChanged();
            if (PowerOfTwoChoices.Pick(traffic.Lines(minimum), retry.Avoid, Random.Shared) is { } line)
            {
                return line;
            }

            var left = options.LossPatience - time.GetElapsedTime(retry.FirstLossAt);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            try
            {
                await changed.WaitAsync(left, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }

    /// <summary>Backs off before the same replica is retried: it is moving, or its silo is being declared dead.</summary>
    private async ValueTask PauseAsync(VersionTraffic traffic, int minimum, RetryState retry, CancellationToken cancellationToken)
    {
        var pause = traffic.CountReplicas(minimum) > retry.Attempts ? TimeSpan.Zero : BackOff.After(retry.Attempts);
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    [LoggerMessage(EventId = 473, Level = LogLevel.Error, Message = "Replica {Replica}: an inference failed unexpectedly")]
    private partial void LogUnexpected(Exception error, ReplicaId replica);
}
