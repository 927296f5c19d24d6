using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orleans.Storage;

namespace Krewe.Member.Storage;

/// <summary>
/// Hashes the whole grain identity for the storage key. The provider parses a string key such as <c>cafe</c> as a number, so that models
/// named <c>cafe</c>, <c>CAFE</c> and <c>0cafe</c> would share a row.
/// </summary>
internal sealed class GrainKeyHasherPicker : IStorageHasherPicker
{
    public ICollection<IHasher> HashProviders { get; } = [];

    public IHasher PickHasher<T>(
        string serviceId, string storageProviderInstanceName, string grainType, GrainId grainId, IGrainState<T> grainState,
        string? tag = null) =>
        new GrainKeyHasher(grainId);
}

/// <summary>Hashes the provider's data together with the grain's identity. The result is stored and must never change.</summary>
internal sealed class GrainKeyHasher(GrainId grain) : IHasher
{
    public string Description => "SHA-256 of the grain's identity and the data, first four bytes";

    public int Hash(byte[] data)
    {
        var identity = Encoding.UTF8.GetBytes(grain.ToString());
        return BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData([.. identity, 0, .. data]));
    }
}
