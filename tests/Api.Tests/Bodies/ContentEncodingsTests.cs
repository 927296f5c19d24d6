using Krewe.Api.Bodies;

namespace Krewe.Api.Tests.Bodies;

public sealed class ContentEncodingsTests
{
    [Theory]
    [InlineData(null, "Identity")]
    [InlineData("", "Identity")]
    [InlineData("*", "Identity")]
    [InlineData("br, zstd", "Identity")]
    [InlineData("identity", "Identity")]
    [InlineData("gzip", "Gzip")]
    [InlineData("GZip", "Gzip")]
    [InlineData("deflate", "Deflate")]
    [InlineData("gzip, deflate, br", "Gzip")]
    [InlineData("deflate, gzip", "Gzip")]
    [InlineData("gzip;q=0.5, deflate;q=0.8", "Deflate")]
    [InlineData("gzip;q=0", "Identity")]
    [InlineData("gzip; q=0, deflate", "Deflate")]
    [InlineData("gzip;q=x", "Gzip")]
    public void The_answers_encoding_follows_what_the_client_likes(string? header, string expected) =>
        Assert.Equal(expected, ContentEncodings.ForResponse(header).ToString());
}
