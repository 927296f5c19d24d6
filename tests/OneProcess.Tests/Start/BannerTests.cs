using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Silo.Start;

namespace Krewe.OneProcess.Tests.Start;

public sealed class BannerTests
{
    [Fact]
    public void Problems_are_told_with_their_reasons_but_not_endlessly()
    {
        var statuses = Enumerable.Range(1, 30).Select(i =>
            new ModelVersionStatus(ModelName.Parse("m"), new ModelVersion(i), i <= 20 ? VersionState.Failed : VersionState.Absent, $"reason {i}"));
        var lines = Banner.Findings("/srv", [.. statuses]).ToList();
        Assert.Equal("Models in /srv: 1 model, 30 versions, 20 with problems:", lines[0]);
        Assert.Equal("  m/1: reason 1", lines[1]);
        Assert.Equal(12, lines.Count);
        Assert.Contains("10 more", lines[^1]);
    }
}
