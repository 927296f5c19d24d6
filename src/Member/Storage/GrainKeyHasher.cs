using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orleans.Storage;

namespace Krewe.Member;

/// <summary>Hashes what the provider gives it together with a grain's identity. The result is stored, and must never change.</summary>
internal sealed class GrainKeyHasher(GrainId grain) : IHasher
{
    public string Description => "SHA-256 of the grain's identity and the data, first four bytes";

    public int Hash(byte[] data)
    {
        var identity = Encoding.UTF8.GetBytes(grain.ToString());
        return BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData([.. identity, 0, .. data]));
    }
}
