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
/// Makes an inference on one version, on one replica after another where calls are lost or refused. Every attempt keeps the request's
/// inputs alive for as long as it may read them.
/// </summary>
internal sealed partial class ReplicaCalls(
    ReplicaProbe probe, RetryBudget budget, CallWatch? watch, RoutingCounters counters, ClusterCallOptions options, MessageLimit messages,
    TimeProvider time, Microsoft.Extensions.Logging.ILogger<ReplicaCalls> logger)
{
    // What may be the request's own doing must not take one silo after the other; two in a row may be another's.
    private const int MostLosses = 3;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>How long a replica may take to be placed.</summary>
    private static readonly TimeSpan PlacePatience = TimeSpan.FromSeconds(10);

    private readonly long maxMessageBytes = messages.Apply(nameof(options.MaxMessageBytes), options.MaxMessageBytes);

    /// <summary>
    /// The answer, or why there is none. Throws <see cref="OperationCanceledException"/> at once when the deadline's token is cancelled.
    /// </summary>
    /// <param name="traffic">The version.</param>
    /// <param name="minimum">Replicas its settings want at least.</param>
    /// <param name="request">The request as the caller made it.</param>
    /// <param name="bytes">Its bytes as it would travel.</param>
    /// <param name="deadline">How long the caller waits.</param>
    /// <param name="mostAttempts">How often it may be sent.</param>
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

    /// <summary>The same for a copy or a control call: sent once, to a replica that answers.</summary>
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
    /// The replica where it is in this process, with a call begun: no message, no copy, and nobody who could lose the call.
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

    /// <summary>
    /// Such a call is over. It has no step of its own between the replica and whoever makes it, which tiny models would feel.
    /// </summary>
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

    /// <summary>What a replica elsewhere answers; null where the call was lost, which the line then knows.</summary>
    private ValueTask<ReplicaReply?> SendAsync(ReplicaEndpoint line, InferenceRequest request, long bytes, CallDeadline deadline) =>
        bytes <= maxMessageBytes ? SendAsync(line, request, deadline) : PlaceAsync(line, request, bytes, deadline);

    /// <summary>
    /// No message carries the request, but a replica in this very process takes it: where it is to live shows once it does.
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

    /// <summary>Sends the call to where the replica lives, or is to live.</summary>
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
                // There is no place for the replica: of silos that just now start or stop, one may take it in a moment.
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
            // A call that was given up may still wait to be sent: its inputs are left to the garbage collector.
            if (!deadline.Token.IsCancellationRequested && watched is not { IsAbandoned: true })
            {
                forwarded.Dispose();
            }

            line.Leave();
        }
    }

    /// <summary>The reply of nobody.</summary>
    private static ReplicaReply Refused(KreweException error, bool tryElsewhere = false) =>
        new() { Fault = ReplicaFault.Of(error, tryElsewhere), Silo = "", Replicas = 0 };

    /// <summary>Whether what happened allows the call to be made once more, on any replica.</summary>
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

    /// <summary>Waits until a replica answers again; null where that takes too long.</summary>
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

    /// <summary>The same replica is not asked again at once: it moves, or its silo is being given up.</summary>
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
