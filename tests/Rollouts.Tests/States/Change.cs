using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.States;

/// <summary>One thing that happens to a model's traffic at a time.</summary>
internal sealed record Change(string Name, Func<ModelTraffic, DateTimeOffset, ModelTraffic> Do)
{
    public override string ToString() => Name;
}
