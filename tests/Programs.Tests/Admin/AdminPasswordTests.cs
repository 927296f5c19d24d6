using System.Text;
using Krewe.Silo.Admin;

namespace Krewe.Programs.Tests.Admin;

public sealed class AdminPasswordTests
{
    private readonly AdminPassword password = new("pässword: with : colons");

    [Fact]
    public void The_right_user_and_password_are_accepted()
    {
        Assert.True(password.Accepts(Basic("admin:pässword: with : colons")));
        Assert.True(password.Accepts(Basic("admin:pässword: with : colons").Replace("Basic", "basic", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("admin:")]
    [InlineData("admin:pässword")]
    [InlineData("admin:pässword: with : colons ")]
    [InlineData("root:pässword: with : colons")]
    [InlineData("")]
    public void Anything_else_is_refused(string credentials) => Assert.False(password.Accepts(Basic(credentials)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Basic")]
    [InlineData("Basic !!!!")]
    [InlineData("Bearer YWRtaW46")]
    public void A_header_that_is_no_credentials_is_refused(string? header) => Assert.False(password.Accepts(header));

    private static string Basic(string credentials) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));
}
