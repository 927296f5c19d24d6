using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>The change that <see cref="IModelVersionGrain.BeginLoadAsync"/>, which interleaves, makes in a turn of its own.</summary>
[Alias("krewe.version-turns")]
internal interface IVersionTurns : IGrainWithStringKey
{
    /// <summary>Records an intent, and that silos which had begun a load are dead.</summary>
    [Alias("record")]
    Task<LoadVerdict> RecordAsync(LoadIntent intent, IReadOnlyList<string> dead);
}
