using Krewe.Api.Server;
using Krewe.Api.Tests.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Api.Tests.Server;

public sealed class BlockPoolTests
{
    [Fact]
    public async Task The_server_reads_into_our_blocks()
    {
        await using var server = await ApiServer.StartAsync(new FakeModelHost());

        Assert.IsType<BlockPoolFactory>(server.App.Services.GetRequiredService<IMemoryPoolFactory<byte>>());
    }

    [Fact]
    public void A_block_given_back_is_used_again_and_never_twice_at_once()
    {
        using var pool = new BlockPool();
        var first = pool.Rent(4096);
        var second = pool.Rent();
        Assert.NotSame(first, second);
        Assert.True(first.Memory.Length > 4096);

        first.Dispose();

        Assert.Same(first, pool.Rent());
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(pool.MaxBufferSize + 1));
    }
}
