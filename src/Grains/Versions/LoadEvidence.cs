using Krewe.Abstractions.Models;
using Krewe.Serving.Crashes;

namespace Krewe.Grains.Versions;

/// <summary>Whether a load may have ended its process.</summary>
/// <param name="MayBeCause">False if it is known that the load was not running.</param>
/// <param name="Others">What else may have ended the process; null if nothing else.</param>
internal readonly record struct LoadEvidence(bool MayBeCause, string? Others = null)
{
    /// <summary>
    /// Nothing is known: the process shares no folder with this one. The load counts, so that no version ends one silo after the other.
    /// </summary>
    public static LoadEvidence None { get; } = new(true);

    /// <summary>What the record of an ended process says about a load; <see cref="None"/> without a record.</summary>
    public static LoadEvidence Of(ProcessEnd? end, ModelId model)
    {
        if (end is null)
        {
            return None;
        }

        string[] others = [.. end.Suspects.Where(work => !IsLoad(work)).Select(static work => work.ToString())];
        return new(end.Suspects.Any(IsLoad), others.Length == 0 ? null : string.Join(" and ", others));

        bool IsLoad(UnderWay work) => work.Kind == NativeWork.Load && work.Model == model;
    }
}
