using Krewe.Serving.Repository.Files;

namespace Krewe.Serving.Tests.Repository;

public sealed class RealPathTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a/file", true)]
    [InlineData("a/none", true)]
    [InlineData("a", false)]
    [InlineData("ab/file", false)]
    [InlineData("a/../ab/file", false)]
    [InlineData("a/in/file", true)]
    [InlineData("a/up/file", false)]
    [InlineData("a/up/a/file", true)]
    [InlineData("a/absolute", false)]
    [InlineData("a/there-and-back/file", true)]
    [InlineData("a/circle", false)]
    [InlineData("alias/file", true)]
    public void Links_in_every_part_are_followed(string path, bool isInside)
    {
        folder.Write("a/file", [0]);
        folder.Write("a/sub/file", [0]);
        folder.Write("ab/file", [0]);
        folder.Link("a/in", "./sub", isFolder: true);
        folder.Link("a/up", "..", isFolder: true);
        folder.Link("a/absolute", "/etc/passwd");
        folder.Link("a/there-and-back", "../ab/../a", isFolder: true);
        folder.Link("a/circle", "circle");
        folder.Link("alias", folder["a"], isFolder: true);

        Assert.Equal(isInside, RealPath.IsInside(folder[path], folder["a"]));
    }
}
