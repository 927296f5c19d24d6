using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Zipf;

/// <summary>
/// Many versions of three sizes (7 in 10 of some hundred bytes, 2 of 130 KB, 1 of 1 MB), which all take FP32 [1, 4]. The sizes are
/// spread over the ranks, so that both what is called often and what is called seldom has all of them.
/// </summary>
internal sealed class Fleet
{
    private const int VersionsPerModel = 5;

    private static readonly int[] Kinds = [0, 0, 1, 0, 0, 2, 0, 1, 0, 0];
    private readonly int versions;
    private readonly long[] bytes;

    public Fleet(ModelFolder folder, int versions)
    {
        this.versions = versions;
        byte[][] files =
        [
            TinyModels.Linear().ToBytes(), TinyModels.Mlp(4, 176, 176, 3).ToBytes(), TinyModels.Mlp(4, 500, 500, 3).ToBytes(),
        ];
        bytes = [.. files.Select(static file => (long)file.Length)];
        for (var rank = 0; rank < versions; rank++)
        {
            folder.Add(Model(rank), files[Kind(rank)], Version(rank));
        }
    }

    public long TotalBytes => Enumerable.Range(0, versions).Sum(rank => bytes[Kind(rank)]);

    public HttpRequestBytes Request(int rank) => new(
        $"/v2/models/{Model(rank)}/versions/{Version(rank)}/infer",
        """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[0.1,0.2,0.3,0.4]}]}""");

    private static int Kind(int rank) => Kinds[rank % Kinds.Length];

    // Versions of one model lie far apart in rank.
    private string Model(int rank) => $"m{rank % (versions / VersionsPerModel):D4}";

    private int Version(int rank) => 1 + (rank / (versions / VersionsPerModel));
}
