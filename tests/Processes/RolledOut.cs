using System.Text.Json;

namespace Krewe.Processes;

/// <summary>How a rollout ended, for a test that looks at many.</summary>
/// <param name="Model">The model.</param>
/// <param name="Phase">Its last phase.</param>
/// <param name="Reason">What it says about that.</param>
/// <param name="MostPairs">The most pairs of calls whose durations were compared in one of its steps.</param>
/// <param name="CanaryCalls">The new version's calls in all steps.</param>
public sealed record RolledOut(string Model, string Phase, string Reason, long MostPairs, long CanaryCalls)
{
    /// <summary>Reads the answer to <c>GET …/rollout</c>.</summary>
    public static RolledOut Of(JsonElement rollout)
    {
        var steps = rollout.GetProperty("counts").EnumerateArray().ToArray();
        return new RolledOut(
            rollout.GetProperty("model").GetString()!, rollout.GetProperty("phase").GetString()!, rollout.GetProperty("reason").GetString()!,
            steps.Select(static step => step.GetProperty("control").GetProperty("pairs").GetInt64()).DefaultIfEmpty().Max(),
            steps.Sum(static step => step.GetProperty("canary").GetProperty("requests").GetInt64()));
    }
}
