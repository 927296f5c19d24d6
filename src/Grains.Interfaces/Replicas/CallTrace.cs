using System.Diagnostics;
using Krewe.Abstractions.Telemetry;

namespace Krewe.Grains.Interfaces.Replicas;

/// <summary>
/// Propagates the trace context of an inference to the silo in Orleans' request context, with the keys of <c>AddActivityPropagation</c>.
/// That one is not used: its filters run on every grain call, with or without a listener.
/// </summary>
public static class CallTrace
{
    /// <summary>Adds the current span to the grain calls that follow in this method.</summary>
    public static void Send()
    {
        if (KreweTelemetry.Span is { } span)
        {
            DistributedContextPropagator.Current.Inject(span, null, static (_, name, value) => RequestContext.Set(name, value));
        }
    }

    /// <summary>Starts the span of a received call in its caller's trace; null without a listener.</summary>
    public static Activity? Receive(ReplicaId replica)
    {
        if (!KreweTelemetry.Source.HasListeners())
        {
            return null;
        }

        DistributedContextPropagator.Current.ExtractTraceIdAndState(null, Read, out var parent, out var state);
        ActivityContext.TryParse(parent, state, isRemote: true, out var caller);
        var span = KreweTelemetry.Source.StartActivity("krewe.replica", ActivityKind.Server, Activity.Current?.Context ?? caller);
        span?.SetTag("krewe.replica", replica.ToString());
        return span;
    }

    private static void Read(object? carrier, string name, out string? value, out IEnumerable<string>? values) =>
        (value, values) = (RequestContext.Get(name) as string, null);
}
