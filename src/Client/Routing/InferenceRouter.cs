using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Traffic;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Routing;

/// <summary>Resolves the version of a call: by the model's route, else the newest that can serve.</summary>
internal sealed partial class InferenceRouter(RolloutRouter rollouts, ILogger<InferenceRouter> logger)
{
    /// <summary>Sets the version that a call is first sent to; throws if there is none.</summary>
    /// <param name="snapshot">The cluster snapshot.</param>
    /// <param name="call">The call.</param>
    /// <param name="routed">The call under its model's route; null without a route.</param>
    /// <returns>The version; null if a route names it: it may not exist.</returns>
    public CatalogVersion? Choose(ClusterSnapshot snapshot, InferenceCall call, out RoutedCall? routed)
    {
        var (reference, model) = (call.Request.Model, VersionChoice.FindModel(snapshot, call.Request.Model.Name));
        var target = model.Traffic is { } route
            ? rollouts.Choose(route, call.Request) ?? throw VersionChecks.UnknownAlias(reference, route)
            : default(RouteTarget?);
        if (target is { Version: not null } named)
        {
            routed = rollouts.Begin(named, call);
            return null;
        }

        var version = target is null ? VersionChoice.Resolve(model, reference) : VersionChoice.Newest(model);
        (call.Version, routed) = (version.Id.Version, null);
        return version;
    }

    /// <summary>
    /// Falls back to the next older version that can serve when the newest cannot. False if there is none, or the caller named a version.
    /// </summary>
    public bool TryOlder(ClusterSnapshot snapshot, InferenceCall call, in CallResult result, ref CatalogVersion? version)
    {
        if (!result.VersionFailed || call.Request.Model.Version is not ({ IsRouted: true } or { Alias: ModelTraffic.Prod })
            || !snapshot.Models.TryGetValue(call.Request.Model.Name, out var model)
            || VersionChoice.NewestBelow(model, call.Version) is not { } older)
        {
            return false;
        }

        LogTookOther(version!.Id, older.Id, result.Error!.Message);
        (call.Version, version) = (older.Id.Version, older);
        return true;
    }

    [LoggerMessage(EventId = 474, Level = LogLevel.Debug, Message = "Model {Model} cannot serve; falling back to {Other}: {Reason}")]
    private partial void LogTookOther(ModelId model, ModelId other, string reason);
}
