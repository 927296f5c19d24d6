using System.Collections.Immutable;
using Krewe.Grains.Interfaces;

namespace Krewe.Grains.Tests;

public sealed class RouteBookStateTests
{
    [Fact]
    public void The_newest_epoch_wins_and_only_news_count()
    {
        var book = new RouteBookState().With(Route(2, unloaded: 1));
        Assert.Equal((1, 2), (book.Sequence, book.Routes["a"].Epoch));
        Assert.Same(book, book.With(Route(2, unloaded: 5)));
        Assert.Same(book, book.With(Route(1)));

        var newer = book.With(Route(3, unloaded: 5));
        Assert.Equal((2, 5L), (newer.Sequence, Assert.Single(newer.Routes["a"].Unloaded)));
        Assert.Equal(1, Assert.Single(book.Routes["a"].Unloaded));
    }

    [Fact]
    public void Default_routes_are_not_kept_and_their_coming_counts_where_it_changes_something()
    {
        var empty = new RouteBookState();
        Assert.Same(empty, empty.With(Route(4)));

        var cleared = empty.With(Route(1, unloaded: 1)).With(Route(2));
        Assert.Equal((2, 0), (cleared.Sequence, cleared.Routes.Count));
        Assert.Empty(cleared.ToBook(null, RouteBook.Empty).Routes);
    }

    private static ModelRoute Route(long epoch, params long[] unloaded) => new() { Model = "a", Epoch = epoch, Unloaded = [.. unloaded.ToImmutableArray()] };
}
