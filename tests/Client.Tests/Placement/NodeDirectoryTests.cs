using Krewe.Placement;

namespace Krewe.Client.Tests.Placement;

public sealed class NodeDirectoryTests
{
    private readonly NodeDirectory directory = new();

    [Theory]
    [InlineData("krewe.node", true)]
    [InlineData("krewe.relay", true)]
    [InlineData("krewe.publisher", true)]
    [InlineData("krewe.replica", false)]
    [InlineData("krewe.model", false)]
    public void It_is_for_the_grains_whose_key_is_a_silo_before_their_silo_is_known_too(string type, bool isItsOwn) =>
        Assert.Equal(isItsOwn, directory.TryResolveGrainDirectory(GrainType.Create(type), properties: null, out _));

    [Fact]
    public async Task Nobody_is_asked_where_they_are_and_each_activation_is_the_only_one()
    {
        var grain = GrainId.Create("krewe.node", "S127.0.0.1:1:1");
        var address = new GrainAddress { GrainId = grain, ActivationId = ActivationId.NewId(), SiloAddress = SiloAddress.New(new(System.Net.IPAddress.Loopback, 1), 1) };

        Assert.Equal(address, await directory.Register(address));
        Assert.Equal(address, await directory.Register(address, previousAddress: null));
        Assert.Null(await directory.Lookup(grain));
        await directory.Unregister(address);
        await directory.UnregisterSilos([address.SiloAddress!]);
    }
}
