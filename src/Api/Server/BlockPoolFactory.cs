using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Api;

/// <summary>Gives all users in the server the same <see cref="BlockPool"/>.</summary>
internal sealed class BlockPoolFactory : IMemoryPoolFactory<byte>, IDisposable
{
    private readonly BlockPool pool = new();

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => pool;

    public void Dispose() => pool.Dispose();
}
