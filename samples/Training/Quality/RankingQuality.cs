namespace Krewe.Training.Quality;

/// <summary>The quality of top-ten recommendations, averaged over users with held-out items.</summary>
/// <param name="Recall">The share of the held-out items (ten at most) in the list.</param>
/// <param name="Ndcg">Normalised discounted cumulative gain: earlier positions count more.</param>
internal sealed record RankingQuality(double Recall, double Ndcg)
{
    /// <summary>The length of a list.</summary>
    public const int Length = 10;

    /// <summary>Compares each user's list with the held-out items.</summary>
    public static RankingQuality Of(IReadOnlyList<long[]> lists, IReadOnlyList<int[]> heldOut)
    {
        double recall = 0, ndcg = 0, users = 0;
        for (var user = 0; user < lists.Count; user++)
        {
            if (heldOut[user].Length == 0)
            {
                continue;
            }

            var possible = Math.Min(Length, heldOut[user].Length);
            var hits = lists[user].Select(item => heldOut[user].Contains((int)item)).ToArray();
            recall += hits.Count(hit => hit) / (double)possible;
            ndcg += hits.Select((hit, place) => hit ? Gain(place) : 0).Sum() / Enumerable.Range(0, possible).Sum(Gain);
            users++;
        }

        return new RankingQuality(recall / users, ndcg / users);
    }

    public override string ToString() => $"recall@{Length} {Recall:F3}, NDCG@{Length} {Ndcg:F3}";

    private static double Gain(int place) => 1 / Math.Log2(place + 2);
}
