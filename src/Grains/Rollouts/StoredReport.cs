using Krewe.Grains.Interfaces;
using Krewe.Rollouts;

namespace Krewe.Grains;

/// <summary>A <see cref="CallReport"/> as it lies in the database.</summary>
[GenerateSerializer, Immutable, Alias("krewe.stored-report")]
internal sealed class StoredReport
{
    /// <summary>See <see cref="CallReport.Number"/>.</summary>
    [Id(0)]
    public long Number { get; init; }

    /// <summary>The counts as <see cref="TrafficJson"/> writes them.</summary>
    [Id(1)]
    public byte[] Counts { get; init; } = [];
}
