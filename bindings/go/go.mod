module selfattn

go 1.19
