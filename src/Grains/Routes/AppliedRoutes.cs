using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Serving.Node;
using Krewe.Serving.Versions;

namespace Krewe.Grains.Routes;

/// <summary>The routes that this silo's serving follows: each is applied once, a newer epoch over an older one. Thread-safe.</summary>
public sealed class AppliedRoutes(IServingNode node)
{
    private readonly ConcurrentDictionary<string, Applied> models = new(StringComparer.Ordinal);

    /// <summary>Takes a route over; done when what it takes out has drained. An older one than is known changes nothing.</summary>
    public async Task ApplyAsync(ModelRoute route, CancellationToken cancellationToken)
    {
        if (!ModelName.TryParse(route.Model, out var name))
        {
            return;
        }

        var applied = models.GetOrAdd(route.Model, _ => new Applied());
        await applied.Turn.WaitAsync(cancellationToken);
        try
        {
            if (route.Epoch > applied.Epoch)
            {
                // Known before the draining is done: a load that begins now is refused.
                applied.Excluded = RouteTexts.Excluded(route);
                applied.IsHeld = !route.Held.IsEmpty;
                await node.HoldAsync(name, [.. route.Held.Select(version => new ModelVersion(version))]);
                await node.ExcludeAsync(name, applied.Excluded, cancellationToken);
                applied.Epoch = route.Epoch;
            }
        }
        finally
        {
            applied.Turn.Release();
        }
    }

    /// <summary>Models of which something is out, or held.</summary>
    public IEnumerable<string> Restricted =>
        models.Where(model => model.Value.Excluded.Count > 0 || model.Value.IsHeld).Select(model => model.Key);

    /// <summary>Why a version is out; null where it is not.</summary>
    public VersionExclusion? FindExclusion(ModelId model) =>
        models.TryGetValue(model.Name.ToString(), out var applied) ? applied.Excluded.GetValueOrDefault(model.Version.Number) : null;

    /// <summary>Applies what is known of a model once more, after something that may have let a version in.</summary>
    public async Task RepeatAsync(ModelName name, CancellationToken cancellationToken)
    {
        if (models.TryGetValue(name.ToString(), out var applied))
        {
            await node.ExcludeAsync(name, applied.Excluded, cancellationToken);
        }
    }

    private sealed class Applied
    {
        private volatile Dictionary<long, VersionExclusion> excluded = [];

        public SemaphoreSlim Turn { get; } = new(1, 1);

        public long Epoch { get; set; }

        public bool IsHeld { get; set; }

        public Dictionary<long, VersionExclusion> Excluded
        {
            get => excluded;
            set => excluded = value;
        }
    }
}
