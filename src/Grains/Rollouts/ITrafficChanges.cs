using Krewe.Rollouts;

namespace Krewe.Grains;

/// <summary>What was decided about a model's traffic, and how that is changed.</summary>
internal interface ITrafficChanges
{
    /// <summary>As last read.</summary>
    ModelTraffic Traffic { get; }

    /// <summary>Makes a change: durable, then known to all. Returns what is so then.</summary>
    Task<ModelTraffic> ChangeAsync(Func<ModelTraffic, ModelTraffic> change);
}
