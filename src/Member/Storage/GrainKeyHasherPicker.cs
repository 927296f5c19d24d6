using Orleans.Storage;

namespace Krewe.Member;

/// <summary>
/// Makes the stored key of a grain's state tell apart what the provider does not: it reads a string key such as <c>cafe</c> as a
/// number, so that models named <c>cafe</c>, <c>CAFE</c> and <c>0cafe</c> would share one row. Both hashes of a row are therefore
/// taken over the whole identity, the grain's type included.
/// </summary>
internal sealed class GrainKeyHasherPicker : IStorageHasherPicker
{
    public ICollection<IHasher> HashProviders { get; } = [];

    public IHasher PickHasher<T>(
        string serviceId, string storageProviderInstanceName, string grainType, GrainId grainId, IGrainState<T> grainState, string? tag = null) =>
        new GrainKeyHasher(grainId);
}
