using System.Diagnostics;
using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Telemetry;
using Krewe.Client.Counters;
using Krewe.Client.Endpoints;
using Krewe.Client.Retrying;
using Krewe.Client.Settings;
using Krewe.Client.Watching;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Rollouts.Traffic;
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
    /// <summary>Silos that may end with a request under way: it may be the cause, so it is made again once.</summary>
    private const int MostEnds = 2;

    /// <summary>
    /// What is known to be the end of a connection, or of a reply, and not of a silo, may happen to a request more often.
    /// </summary>
    private const int MostLosses = 3;

    /// <summary>In place of a reply that was lost without the silo.</summary>
    private static readonly ReplicaReply LinkBroken = new() { Silo = "", Replicas = 0 };
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The timeout for placing a replica.</summary>
    private static readonly TimeSpan PlaceTimeout = TimeSpan.FromSeconds(10);

    private readonly long maxMessageBytes = messages.Apply(nameof(options.MaxMessageBytes), options.MaxMessageBytes);

    /// <summary>
    /// The result. Throws <see cref="OperationCanceledException"/> at once when the call is cancelled.
    /// </summary>
    /// <param name="traffic">The version.</param>
    /// <param name="minimum">The version's configured minimum of replicas.</param>
    /// <param name="call">The call.</param>
    /// <param name="mostAttempts">The maximum number of attempts.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CallResult> CallAsync(VersionTraffic traffic, int minimum, InferenceCall call, int mostAttempts)
    {
        if (!call.IsOnce)
        {
            budget.AddCall();
        }

        RetryState? retry = null;
        for (;;)
        {
            var endpoint = PowerOfTwoChoices.Pick(traffic.Endpoints(minimum), retry?.Avoid, Random.Shared)
                ?? (call.IsOnce ? null : await WaitForEndpointAsync(traffic, minimum, retry ??= new RetryState(), call.Token));
            if (endpoint is null)
            {
                return CallResult.Failed(Lost(traffic.Id));
            }

            using var span = StartSpan(endpoint);
            var reply = BeginHere(endpoint) is { } here ? EndHere(endpoint, here, await here.InferAsync(call), call)
                : call.Bytes <= maxMessageBytes ? await SendAsync(endpoint, call)
                : await PlaceAsync(endpoint, call);
            Describe(span, reply);
            if (reply is { Response: { } response })
            {
                return CallResult.Of(response);
            }

            retry ??= new RetryState();
            retry.Failed(endpoint, reply?.Fault, mayHaveEnded: reply is null, time);
            if (retry.Ends >= MostEnds || retry.Losses >= MostLosses)
            {
                return CallResult.Failed(KreweException.Unavailable(
                    $"a request for model '{traffic.Id}' was under way {retry.Losses} times when the silo that served it was lost; it is "
                        + "not made again", RetryAfter));
            }

            if (!IsWorthAnother(retry, traffic, minimum) || retry.Attempts >= mostAttempts)
            {
                return Failed(traffic.Id, reply?.Fault, call);
            }

            if (!budget.TryTake())
            {
                counters.AddBudgetRefusal();
                return CallResult.Failed(KreweException.Unavailable(
                    $"too many requests had to be made again; the one for model '{traffic.Id}' was not", RetryAfter));
            }

            counters.AddRetry();
            await PauseAsync(traffic, minimum, retry, call.Token);
        }
    }

    /// <summary>
    /// Begins a call on the replica if it is in this process: no message, no copy, and no connection that could lose the call.
    /// </summary>
    private ILocalReplica? BeginHere(ReplicaEndpoint endpoint)
    {
        if (endpoint.TryBeginHere() is not { } here)
        {
            return null;
        }

        counters.AddAttempt();
        endpoint.Enter();
        return here;
    }

    /// <summary>
    /// Ends such a call. There is no async method between the caller and the replica: tiny models would feel it.
    /// </summary>
    private static ReplicaReply EndHere(ReplicaEndpoint endpoint, ILocalReplica here, ReplicaReply reply, InferenceCall call)
    {
        endpoint.Leave();
        endpoint.Traffic.Heard(endpoint, reply, here.LastUsed);
        if (reply.Response is null)
        {
            call.Token.ThrowIfCancellationRequested();
        }

        return reply;
    }

    /// <summary>
    /// Handles a request that is too large for a message: places the replica first, because a replica in this process can take it.
    /// </summary>
    private async ValueTask<ReplicaReply?> PlaceAsync(ReplicaEndpoint endpoint, InferenceCall call)
    {
        var isPlaced = !endpoint.MayBeHere || await endpoint.Direct.AnswersAsync(PlaceTimeout, time, call.Token);
        if (BeginHere(endpoint) is { } here)
        {
            return EndHere(endpoint, here, await here.InferAsync(call), call);
        }

        call.Token.ThrowIfCancellationRequested();
        return Refused(isPlaced
            ? KreweException.PayloadTooLarge(
                $"the request has {call.Bytes} bytes as it travels to a silo, expected at most {maxMessageBytes}")
            : Lost(endpoint.Id.Model));
    }

    /// <summary>
    /// Sends the call to the replica, which is placed if need be. Null if it was lost and its silo may have ended,
    /// <see cref="LinkBroken"/> if only the connection or the reply was lost. A loss of either kind but of a reply marks the endpoint.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReplicaReply?> SendAsync(ReplicaEndpoint endpoint, InferenceCall call)
    {
        var version = call.Beside is null ? endpoint.Id.Model.Version : call.Version!.Value;
        var forwarded = call.Request.Forward(
            new ModelReference(endpoint.Id.Model.Name, VersionSelector.Of(version)), call.Left, beside: call.Beside)
            ?? throw new ObjectDisposedException(nameof(InferenceRequest));
        counters.AddAttempt();
        endpoint.Enter();
        using var watched = watch?.Begin(endpoint, call.Token);
        var channel = watched?.Channel ?? endpoint.Channel;
        if (channel != endpoint.Direct)
        {
            counters.AddRelayed();
        }

        CallTrace.Send();
        try
        {
            var (id, token) = (watched?.Id ?? 0, watched?.Token ?? call.Token);
            var reply = await (channel.Relay is { } relay
                ? relay.InferAsync(endpoint.Id, forwarded, id, token)
                : channel.Grain.InferAsync(forwarded, id, token));
            channel.AnsweredAt = time.GetTimestamp();
            endpoint.Traffic.Heard(endpoint, reply, channel.AnsweredAt);
            return reply;
        }
        catch (Exception error)
        {
            call.Token.ThrowIfCancellationRequested();
            if (error is ReplyLostException)
            {
                return LinkBroken;
            }

            if (error is KreweException refusal)
            {
                // The replica cannot be placed: a silo that is starting or stopping may take it soon.
                return Refused(refusal, tryElsewhere: refusal.Code == KreweErrorCode.Unavailable);
            }

            if (!LostCall.Is(error))
            {
                LogUnexpected(error, endpoint.Id);
                return Refused(new KreweException(KreweErrorCode.Internal, $"model '{endpoint.Id.Model}' failed unexpectedly"));
            }

            // Orleans ends the calls of a dead silo in this way. An abandoned call was lost on the way: its replica does not know it.
            var isAbandoned = watched is { IsAbandoned: true };
            probe.Lost(endpoint, isAbandoned ? "a call under way there is lost" : error.GetType().Name);
            return !isAbandoned && error is SiloUnavailableException ? null : LinkBroken;
        }
        finally
        {
            // A call that was given up may still wait to be sent: its inputs are left to the garbage collector.
            if (!call.Token.IsCancellationRequested && watched is not { IsAbandoned: true })
            {
                forwarded.Dispose();
            }

            endpoint.Leave();
        }
    }

    private static Activity? StartSpan(ReplicaEndpoint endpoint)
    {
        var span = KreweTelemetry.Source.StartActivity("krewe.call", ActivityKind.Client);
        span?.SetTag("krewe.replica", endpoint.Id.ToString());
        return span;
    }

    private static void Describe(Activity? span, ReplicaReply? reply)
    {
        if (span is not null && reply is not { Response: not null })
        {
            span.SetStatus(ActivityStatusCode.Error, reply?.Fault?.Message ?? "the call was lost");
        }

        span?.SetTag("krewe.silo", reply?.Silo);
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

    private static CallResult Failed(ModelId id, ReplicaFault? fault, InferenceCall call) => fault switch
    {
        null => CallResult.Failed(Lost(id)),
        { Code: KreweErrorCode.DeadlineExceeded } when call.HasDeadline => CallResult.Failed(call.TooLate()),
        _ => CallResult.Failed(
            fault.ToException(), fault.Code is KreweErrorCode.Unavailable or KreweErrorCode.VersionNotFound or KreweErrorCode.ModelNotFound,
            fault.IsStale),
    };

    private static KreweException Lost(ModelId id) => KreweException.Unavailable(
        $"the silo that served model '{id}' was lost, and no other has taken over yet", RetryAfter);

    /// <summary>Waits until a replica answers again; null after a timeout.</summary>
    private async ValueTask<ReplicaEndpoint?> WaitForEndpointAsync(
        VersionTraffic traffic, int minimum, RetryState retry, CancellationToken cancellationToken)
    {
        retry.Waits(time);
        for (;;)
        {
            var changed = traffic.WhenChanged();
            if (PowerOfTwoChoices.Pick(traffic.Endpoints(minimum), retry.Avoid, Random.Shared) is { } endpoint)
            {
                return endpoint;
            }

            var left = options.LossTimeout - time.GetElapsedTime(retry.FirstLossAt);
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
