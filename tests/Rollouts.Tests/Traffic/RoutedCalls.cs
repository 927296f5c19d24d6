using Krewe.Abstractions.Inference;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.Traffic;

namespace Krewe.Rollouts.Tests.Traffic;

/// <summary>Makes calls as their route says, as a host does that looks at nothing else.</summary>
internal static class RoutedCalls
{
    public static async ValueTask<InferenceResponse> InferAsync(
        RolloutRouter router, IVersionCaller caller, TrafficRoute route, InferenceRequest request, CancellationToken cancellationToken)
    {
        using var call = new InferenceCall(request, TimeProvider.System, cancellationToken);
        using var routed = router.Begin(router.Choose(route, request)!.Value, call);
        for (;;)
        {
            var sent = caller.CallAsync(call);
            routed.Sent();
            var result = await sent;
            if (!routed.Next(result))
            {
                return result.Response ?? throw result.Error!;
            }
        }
    }
}
