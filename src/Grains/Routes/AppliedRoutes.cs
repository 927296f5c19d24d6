using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Serving.Node;
using Krewe.Serving.Versions;

namespace Krewe.Grains.Routes;

/// <summary>The routes applied to this silo's serving: each once, newer epochs over older ones. Thread-safe.</summary>
public sealed class AppliedRoutes(IServingNode node)
{
    private readonly ConcurrentDictionary<string, Applied> models = new(StringComparer.Ordinal);

    /// <summary>Applies a route; completes when the excluded versions have drained. An outdated route changes nothing.</summary>
    public async Task ApplyAsync(ModelRoute route, CancellationToken cancellationToken)
    {
        if (!ModelName.TryParse(route.Model, out var name))
        {
            return;
        }

        var applied = models.GetOrAdd(route.Model, _ => new Applied());
        await applied.Mutex.WaitAsync(cancellationToken);
        try
        {
            if (route.Epoch > applied.Epoch)
            {
                // Set before the drain, so that a load that begins now is refused.
                applied.Excluded = ExclusionReasons.Excluded(route);
                foreach (var input in route.Refused)
                {
                    node.Refuse(new ModelId(name, new ModelVersion(input.Version)), input.Inputs, input.At);
                }

                applied.IsHeld = !route.Held.IsEmpty;
                await node.HoldAsync(name, [.. route.Held.Select(version => new ModelVersion(version))]);
                await node.ExcludeAsync(name, applied.Excluded, cancellationToken);
                applied.Epoch = route.Epoch;
            }
        }
        finally
        {
            applied.Mutex.Release();
        }
    }

    /// <summary>Models with excluded or held versions.</summary>
    public IEnumerable<string> Restricted =>
        models.Where(model => model.Value.Excluded.Count > 0 || model.Value.IsHeld).Select(model => model.Key);

    /// <summary>Why a version is excluded; null if it is not.</summary>
    public VersionExclusion? FindExclusion(ModelId model) =>
        models.TryGetValue(model.Name.ToString(), out var applied) ? applied.Excluded.GetValueOrDefault(model.Version.Number) : null;

    /// <summary>Applies the last route again, after something that may have lifted an exclusion.</summary>
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

        public SemaphoreSlim Mutex { get; } = new(1, 1);

        public long Epoch { get; set; }

        public bool IsHeld { get; set; }

        public Dictionary<long, VersionExclusion> Excluded
        {
            get => excluded;
            set => excluded = value;
        }
    }
}
