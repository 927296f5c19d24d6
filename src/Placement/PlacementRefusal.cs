using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;

namespace Krewe.Placement;

/// <summary>The error when no silo can host a replica.</summary>
internal static class PlacementRefusal
{
    private static readonly TimeSpan SoonEnough = TimeSpan.FromSeconds(1);

    /// <summary>The error for the known silos and the obstacle on each.</summary>
    public static KreweException Of(ModelId model, IReadOnlyList<NodeSnapshot> nodes, IReadOnlyList<PlacementObstacle> obstacles)
    {
        if (nodes.Count == 0)
        {
            return KreweException.Unavailable($"no silo that hosts models is running to serve '{model}'", SoonEnough);
        }

        if (obstacles.All(obstacle => obstacle == PlacementObstacle.Absent))
        {
            return KreweException.Unavailable($"no silo has '{model}' in its repository");
        }

        var mayPass = obstacles.Any(obstacle => obstacle is PlacementObstacle.Draining or PlacementObstacle.NotReady);
        var reasons = nodes.Zip(obstacles).GroupBy(pair => pair.Second).OrderByDescending(group => group.Key)
            .Select(group => Describe(model, group.Key, group.Count(), group.First().First));
        return KreweException.Unavailable($"no silo can serve '{model}': {string.Join("; ", reasons)}", mayPass ? SoonEnough : null);
    }

    private static string Describe(ModelId model, PlacementObstacle obstacle, int silos, NodeSnapshot first)
    {
        var subject = silos == 1 ? "1 silo" : $"{silos} silos";
        return obstacle switch
        {
            PlacementObstacle.NoProvider =>
                $"it needs {first.Catalog[model].RequiredProvider}, which {subject} {(silos == 1 ? "lacks" : "lack")}",
            PlacementObstacle.Absent => $"{subject} {(silos == 1 ? "does" : "do")} not have it",
            PlacementObstacle.NotReady => $"{subject} {(silos == 1 ? "is" : "are")} not ready ({first.Report.NotReady})",
            _ => $"{subject} {(silos == 1 ? "is" : "are")} draining",
        };
    }
}

/// <summary>Why a silo cannot host a replica.</summary>
public enum PlacementObstacle
{
    /// <summary>It can.</summary>
    None,

    /// <summary>It takes no new replicas.</summary>
    Draining,

    /// <summary>It cannot serve at present.</summary>
    NotReady,

    /// <summary>Its repository does not have the version.</summary>
    Absent,

    /// <summary>It lacks the execution provider without which the version must not be loaded.</summary>
    NoProvider,

    /// <summary>The artifact is invalid there, or its last load failed: the silo is a last resort.</summary>
    Failed,
}
