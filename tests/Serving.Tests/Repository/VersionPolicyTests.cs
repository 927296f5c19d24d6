using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Tests.Repository;

public sealed class VersionPolicyTests
{
    private static readonly ModelVersion[] Versions = [new(1), new(3), new(7)];

    [Fact]
    public void All_serves_all()
    {
        Assert.Equal(Versions, VersionPolicy.All.Select(Versions));
        Assert.Equal("all", VersionPolicy.All.ToString());
    }

    [Theory]
    [InlineData(1, "7")]
    [InlineData(2, "3,7")]
    [InlineData(9, "1,3,7")]
    public void Latest_serves_the_newest(int count, string expected)
    {
        Assert.Equal(expected, string.Join(',', VersionPolicy.Latest(count).Select(Versions)));
        Assert.Equal($"latest {count}", VersionPolicy.Latest(count).ToString());
    }

    [Fact]
    public void Specific_serves_those_that_are_there()
    {
        var policy = VersionPolicy.Specific(new(7), new(1), new(7), new(4));
        Assert.Equal("1,7", string.Join(',', policy.Select(Versions)));
        Assert.Equal("specific 1,4,7", policy.ToString());
        Assert.Equal(VersionPolicy.Specific(new(1), new(4), new(7)), policy);
        Assert.NotEqual(VersionPolicy.Specific(new ModelVersion(1)), policy);
    }
}
